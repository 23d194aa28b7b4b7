/** Has the shape of RevenueCat's own test event. Integrations filter it out unless they select its type. */
function testEvent(nowMs: number): string {
  return JSON.stringify({
    api_version: '1.0',
    event: {
      id: `test-${String(nowMs)}`,
      type: 'TEST',
      event_timestamp_ms: nowMs,
      app_user_id: 'webhook-test',
      environment: 'SANDBOX',
    },
  });
}

interface Endpoint {
  url: string;
  authorizations: number;
  signingSecrets: number;
}

/**
 * Returns shell commands that post a TEST event to a webhook endpoint, with a signature if required. Secrets are shell
 * variables, `AUTHORIZATION` and `SIGNING_SECRET`; the commands set the first if its value is given. The Authorization value
 * is not passed as an argument, because other users of the machine could read it.
 */
export function webhookCurl(
  { url, authorizations, signingSecrets }: Endpoint,
  nowMs: number,
  authorization?: string,
): string {
  const isSigned = signingSecrets > 0;
  const isAuthorized = authorizations > 0;
  const headers = [
    ...(isAuthorized ? ['@-'] : []),
    'Content-Type: application/json',
    ...(isSigned ? ['X-RevenueCat-Webhook-Signature: t=$TIME,v1=$SIGNATURE'] : []),
  ];
  const curl = [
    `${isAuthorized ? `printf 'Authorization: %s\\n' "$AUTHORIZATION" | ` : ''}curl -i ${quote(url)}`,
    ...headers.map((header) => `  -H "${header}"`),
    '  --data "$BODY"',
  ];
  return [
    ...(authorization === undefined ? [] : [`AUTHORIZATION=${quote(authorization)}`]),
    `BODY=${quote(testEvent(nowMs))}`,
    ...(isSigned
      ? [
          'TIME=$(date +%s)',
          '# While openssl runs, other users of this machine can read the signing secret in its arguments.',
          `SIGNATURE=$(printf '%s.%s' "$TIME" "$BODY" | openssl dgst -sha256 -hmac "$SIGNING_SECRET" | sed 's/.* //')`,
        ]
      : []),
    curl.join(' \\\n'),
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
