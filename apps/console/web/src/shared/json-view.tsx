import { Code, CopyButton, Button, Group, ScrollArea } from '@mantine/core';

/** JSON text, laid out; what is no JSON as it is. */
export function JsonView({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <Group justify="flex-end" mb={4}>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : `Copy ${label}`}
            </Button>
          )}
        </CopyButton>
      </Group>
      <ScrollArea.Autosize
        mah={420}
        type="auto"
        viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }}
      >
        <Code block>{laidOut(text)}</Code>
      </ScrollArea.Autosize>
    </div>
  );
}

export function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
