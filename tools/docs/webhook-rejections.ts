import { webhookRejections } from '@app/delivery';
import { markdownTable } from './markdown-table';
import { replaceGeneratedPart } from './generated-part';

/** docs/webhooks.md with the current outcomes of rejected webhooks. */
export function withWebhookRejections(page: string): string {
  return replaceGeneratedPart(
    page,
    'libs/delivery/src/domain/webhook-rejections.ts',
    markdownTable(
      ['outcome', 'status', 'meaning', 'action', 'dead letter'],
      Object.entries(webhookRejections).map(([outcome, { status, meaning, remedy, deadLetter }]) => [
        `\`${outcome}\``,
        status,
        meaning,
        remedy,
        deadLetter,
      ]),
    ),
  );
}
