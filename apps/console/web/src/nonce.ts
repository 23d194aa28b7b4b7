import { setNonce } from 'get-nonce';

/** Without it the content security policy refuses the style elements that the component library writes. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

// The library under Mantine's dialogs asks for it here.
setNonce(nonce);
