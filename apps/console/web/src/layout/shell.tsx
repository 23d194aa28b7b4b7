import { AppShell, Burger, Group, NavLink, Text, Anchor } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconActivity,
  IconBell,
  IconHistory,
  IconMailbox,
  IconPlugConnected,
  IconTimeline,
  IconUsers,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'react-router';
import type { SessionView } from '../../../api/session';
import { AccountMenu } from './account-menu';

const pages = [
  { path: '/', label: 'Overview', Icon: IconActivity },
  { path: '/integrations', label: 'Integrations', Icon: IconPlugConnected },
  { path: '/customers', label: 'Customers', Icon: IconUsers },
  { path: '/events', label: 'Log stream', Icon: IconTimeline },
  { path: '/dead-letters', label: 'Dead letters', Icon: IconMailbox },
  { path: '/notifications', label: 'Notifications', Icon: IconBell },
  { path: '/audit', label: 'Audit', Icon: IconHistory },
];

/** Layout of every page. */
export function Shell({ session, children }: { session: SessionView; children: ReactNode }) {
  const [isOpen, menu] = useDisclosure();
  const { pathname } = useLocation();
  const isHere = (path: string): boolean => (path === '/' ? pathname === '/' : pathname.startsWith(path));
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
            />
            <Anchor component={Link} to="/" underline="never" c="inherit">
              <Text fw={700}>RevenueCat → Statsig</Text>
            </Anchor>
          </Group>
          <AccountMenu session={session} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        {pages.map(({ path, label, Icon }) => (
          <NavLink
            key={path}
            component={Link}
            to={path}
            label={label}
            variant="subtle"
            active={isHere(path)}
            aria-current={isHere(path) ? 'page' : undefined}
            leftSection={<Icon size={18} aria-hidden />}
            // The library's own colour has too little contrast with the background.
            styles={{ label: { color: 'var(--mantine-color-text)', fontWeight: isHere(path) ? 600 : 400 } }}
            onClick={menu.close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main>{children}</AppShell.Main>
    </AppShell>
  );
}
