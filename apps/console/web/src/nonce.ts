import { setNonce } from 'get-nonce';

/** Without the nonce, the content security policy blocks the style elements of the component library. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

// Used by the library under Mantine's dialogs.
setNonce(nonce);
