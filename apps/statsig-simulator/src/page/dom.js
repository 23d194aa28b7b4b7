/** The element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Creates an element. Text is untrusted, so it is set as text, never as markup. */
export function element(name, { className = '', text, children = [] } = {}) {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

export const number = new Intl.NumberFormat('en');
