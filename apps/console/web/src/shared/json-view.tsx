import { Code, CopyButton, Button, Group, ScrollArea } from '@mantine/core';

/** Shows JSON text formatted, and other text unchanged. */
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
        <Code block>{formatJson(text)}</Code>
      </ScrollArea.Autosize>
    </div>
  );
}

/** Keeps all digits of numbers if the browser supports it: https://github.com/tc39/proposal-json-parse-with-source */
const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };

type Parse = (
  text: string,
  reviver: (key: string, value: unknown, context: { source: string }) => unknown,
) => unknown;

export function formatJson(text: string): string {
  try {
    const parsed = (JSON.parse as Parse)(text, (_key, value, { source }) =>
      typeof value === 'number' && rawJSON !== undefined ? rawJSON(source) : value,
    );
    return JSON.stringify(parsed, undefined, 2);
  } catch {
    return text;
  }
}
