/** Finding the position takes as many parses as the length has bits, so it is skipped for longer texts. */
const maxSearchedLength = 64 * 1024;

/**
 * Why a text is not JSON, and at which position. Unlike the message of `JSON.parse`, it does not quote the text, which may be
 * secret or personal. Undefined if the text is JSON.
 */
export function jsonProblem(text: string): string | undefined {
  const message = messageOf(text);
  if (message === undefined || !quotesText(message)) return message;
  if (text.length > maxSearchedLength) return 'Unexpected character';
  return `Unexpected character at position ${String(positionOfQuoted(text))}`;
}

function messageOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

/** V8's message has the position, or else quotes the text around it. */
function quotesText(message: string): boolean {
  return message.includes('"');
}

/** The message for a prefix quotes it as soon as the prefix contains the unexpected character. */
function positionOfQuoted(text: string): number {
  let [without, including] = [0, text.length];
  while (including - without > 1) {
    const middle = Math.floor((without + including) / 2);
    const message = messageOf(text.slice(0, middle));
    if (message !== undefined && quotesText(message)) including = middle;
    else without = middle;
  }
  return without;
}
