/** Of a field that can be cleared: its button is for assistive technology and the keyboard too, which Mantine leaves out. */
export function clearButton(label: string) {
  return { 'aria-label': label, 'aria-hidden': false, tabIndex: 0 };
}
