import {
  ActionIcon,
  Button,
  Group,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { IconMoon, IconSun } from '@tabler/icons-react';
import type { SessionView } from '../../../api/session';
import { useSignOut } from '../api/session';

export function AccountMenu({ session }: { session: SessionView }) {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const signOut = useSignOut();
  const other = scheme === 'light' ? 'dark' : 'light';
  return (
    <Group gap="xs" wrap="nowrap">
      <Tooltip label={`Use the ${other} colours`}>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={`Use the ${other} colours`}
          onClick={() => {
            setColorScheme(other);
          }}
        >
          {scheme === 'light' ? <IconMoon size={18} aria-hidden /> : <IconSun size={18} aria-hidden />}
        </ActionIcon>
      </Tooltip>
      {session.isTokenNeeded && (
        <Button
          variant="default"
          size="xs"
          onClick={() => {
            signOut.mutate();
          }}
        >
          Sign out
        </Button>
      )}
    </Group>
  );
}
