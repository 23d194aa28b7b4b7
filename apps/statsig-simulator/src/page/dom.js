/** The element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element. Text goes in as text, never as markup: it is other people's. */
export function element(name, { className = '', text, children = [] } = {}) {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

export const number = new Intl.NumberFormat('en');
