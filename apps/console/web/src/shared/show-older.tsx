import { Button, Group, type GroupProps } from '@mantine/core';

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** A button that loads the next page of a list; nothing after the last page. */
export function ShowOlder({ pages, what, ...group }: GroupProps & { pages: Pages; what: string }) {
  if (!pages.hasNextPage) return null;
  return (
    <Group justify="center" {...group}>
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        Show older {what}
      </Button>
    </Group>
  );
}
