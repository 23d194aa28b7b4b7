import { docsSample } from '../test/docs-sample';
import { ReportBuilder } from './report';
import { resultText } from './result-text';

it('the sample in the docs shows what the comparison prints', () => {
  const builder = new ReportBuilder();
  const add = (day: number, usd: number, count: number, status: 'delivered' | 'missing'): void => {
    for (let n = 0; n < count; n += 1) {
      const atMs = Date.UTC(2026, 0, day, 12);
      builder.add({ atMs, product: 'pro_monthly', store: 'APP_STORE', usd }, status, usd);
    }
  };
  builder.addReceivedStore('APP_STORE');
  add(30, 9.99, 40, 'delivered');
  add(30, 9.99, 2, 'missing');
  add(31, 9.99, 37, 'delivered');
  add(31, -9.99, 1, 'missing');
  for (let n = 0; n < 12; n += 1) builder.exclude('sandbox');
  for (let n = 0; n < 3; n += 1) builder.exclude('promotional');
  const coverage = { fromMs: Date.UTC(2026, 0, 10, 8, 12, 44, 120), toMs: Date.UTC(2026, 1, 2, 9) };
  const { shown, printed } = docsSample(
    'reconcile.md',
    'reconcile transactions.csv.gz --project shop --from 2026-01-30 --to 2026-02-01 --missing-to missing.ndjson',
    resultText(builder.result('shop', coverage), undefined, 'missing.ndjson'),
  );
  expect(shown).toEqual(printed);
});
