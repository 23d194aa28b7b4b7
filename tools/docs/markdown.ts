/** A Markdown document, as far as the checks of the documentation need it. */
export interface Markdown {
  /** Targets of links and images: a path, an anchor, or a URL. */
  links: string[];
  /** Anchors of the headings, as GitHub generates them. */
  anchors: string[];
  /** Contents of code spans and of the code blocks of a shell. */
  code: string[];
}

const codeBlock = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;
const codeSpan = /`([^`\n]+)`/g;

export function parseMarkdown(text: string): Markdown {
  const withoutBlocks = text.replaceAll(codeBlock, '').replaceAll(/<!--[\s\S]*?-->/g, '');
  const shellBlocks = [...text.matchAll(codeBlock)].filter(([, language]) => language === 'sh');
  return {
    links: matches(withoutBlocks.replaceAll(codeSpan, ''), /\]\(([^)\s]+)\)/g),
    anchors: toAnchors(matches(withoutBlocks, /^#{1,6} +(.+)$/gm)),
    code: [...matches(withoutBlocks, codeSpan), ...shellBlocks.map(([, , content = '']) => content)],
  };
}

/** Returns the anchors of headings in their order. The second of two equal ones ends in `-1`. */
function toAnchors(headings: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const anchor = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${String(count)}`;
  });
}

/** Returns the first group of each match. */
function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group = '']) => group);
}
