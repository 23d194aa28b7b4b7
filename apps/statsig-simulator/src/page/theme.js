import { byId } from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Follows the system theme until the user chooses one. */
export function offerThemes() {
  const button = byId('theme');
  let chosen = localStorage.getItem('theme');
  const apply = () => {
    const theme = chosen ?? (dark.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Switch to the ${theme === 'dark' ? 'light' : 'dark'} theme`);
  };
  button.addEventListener('click', () => {
    chosen = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('theme', chosen);
    apply();
  });
  dark.addEventListener('change', apply);
  apply();
}
