/** A row of the current export: a renewal for 9.99 USD. */
const renewal = {
  rc_original_app_user_id: '$RCAnonymousID:0a1b',
  rc_last_seen_app_user_id_alias: 'maya',
  country: 'GB',
  product_identifier: 'pro_monthly',
  start_time: '2026-01-02 08:00:00',
  end_time: '2026-02-02 08:00:00',
  effective_end_time: '2026-02-02 08:00:00',
  store: 'app_store',
  is_auto_renewable: 'true',
  is_trial_period: 'false',
  is_in_intro_offer_period: 'false',
  is_sandbox: 'false',
  price_in_usd: '9.99',
  purchase_price_in_usd: '9.99',
  tax_percentage: '0.1442',
  commission_percentage: '0.15',
  store_transaction_id: '123456789012345678',
  original_store_transaction_id: '100000000000000001',
  refunded_at: '',
  billing_issues_detected_at: '',
  purchased_currency: 'GBP',
  price_in_purchased_currency: '7.99',
  purchase_price_in_purchased_currency: '7.99',
  entitlement_identifiers: '["pro", "sync"]',
  renewal_number: '2',
  is_trial_conversion: 'false',
  presented_offering: 'default',
  ownership_type: 'PURCHASED',
  custom_subscriber_attributes: '{"note": {"value": "a;b\nc", "updated_at_ms": 1672549200}}',
  updated_at: '2026-01-02 08:00:05',
};

export type ExportColumn = keyof typeof renewal;
export type ExportValues = Partial<Record<ExportColumn, string>>;

export const exportColumns = Object.keys(renewal) as ExportColumn[];

/** The cells of a row, in the order of {@link exportColumns}. */
export function exportCells(values: ExportValues = {}): string[] {
  return Object.values({ ...renewal, ...values });
}

/** An export with these rows; each has the values of a renewal, except for those that are given. */
export function exportCsv(rows: readonly ExportValues[]): string {
  const quoted = (cell: string): string => (/["\n,]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = [exportColumns, ...rows.map(exportCells)].map((cells) => cells.map(quoted).join(','));
  return `${lines.join('\r\n')}\r\n`;
}
