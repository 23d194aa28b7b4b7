import { createInterface } from 'node:readline/promises';

const explanation = `Format of what is sent to Statsig:
  log_event   Statsig's documented events API. Recommended for a new set-up, with --event-names rc
  revenuecat  Statsig's RevenueCat connector, if it is switched on in Statsig already. Statsig Cloud
              only; Statsig does not publish its address and responses (docs/formats.md)
`;

/**
 * Asks for the format of a new integration if the settings have none. Without a terminal, the API chooses it, and the output
 * names that format.
 */
export async function withFormat(
  settings: Record<string, unknown>,
  { input, output }: { input: NodeJS.ReadStream; output: NodeJS.WritableStream },
): Promise<Record<string, unknown>> {
  if (settings['format'] !== undefined) return settings;
  if (!input.isTTY) {
    output.write(`${explanation}No --format is given: revenuecat is used.\n`);
    return settings;
  }
  output.write(explanation);
  const prompt = createInterface({ input, output });
  try {
    const format = (await prompt.question('Format [log_event]: ')).trim() || 'log_event';
    const isNamed = settings['eventNames'] !== undefined;
    return { ...settings, format, ...(format === 'log_event' && !isNamed && { eventNames: 'rc' }) };
  } finally {
    prompt.close();
  }
}
