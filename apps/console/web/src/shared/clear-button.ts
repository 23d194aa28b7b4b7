/** Properties that make the clear button of a field available to keyboards and assistive technology, unlike Mantine's default. */
export function clearButton(label: string) {
  return { 'aria-label': label, 'aria-hidden': false, tabIndex: 0 };
}
