/** Error codes of Redis that are caused by its state: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
const codes = [
  'READONLY',
  'MASTERDOWN',
  'LOADING',
  'OOM',
  'MISCONF',
  'NOAUTH',
  'WRONGPASS',
  'NOPERM',
  'CLUSTERDOWN',
  'TRYAGAIN',
] as const;

/** Undefined if the state of Redis did not cause the error. */
export function redisErrorCode({ message }: Error): (typeof codes)[number] | undefined {
  const [word] = message.split(' ', 1);
  return codes.find((code) => code === word);
}
