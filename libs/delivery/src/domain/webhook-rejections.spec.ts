import { explainWebhookRejection, webhookRejections } from './webhook-rejections';

describe('the explanation of a rejected webhook', () => {
  it.each(Object.keys(webhookRejections))(
    'says of %s in sentences what it means and what to do',
    (outcome) => {
      expect(explainWebhookRejection(outcome)).toMatchObject({
        meaning: expect.stringMatching(/^[A-Z].+\.$/) as unknown,
        remedy: expect.stringMatching(/^[A-Z].+\.$/) as unknown,
      });
    },
  );

  it.each(['accepted', 'toString', ''])('does not exist for the outcome "%s"', (outcome) => {
    expect(explainWebhookRejection(outcome)).toBeUndefined();
  });
});
