import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';

/** The settings of one integration in a file. */
export interface Definition {
  projectId: string;
  /** As in the file, with its `projectId`, and with references for secrets. */
  settings: Record<string, unknown>;
  /** Line and column of a part of the settings, or of the closest part around it that exists. */
  positionOf: (path: readonly string[]) => string;
}

/** A problem at a place in the file. */
export interface FileProblem {
  position: string;
  detail: string;
}

/** Reads integrations from YAML or JSON: one document, several documents, or lists of integrations. */
export function readDefinitions(text: string): { definitions: Definition[]; problems: FileProblem[] } {
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const documents = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })];
  const problems = documents.flatMap(({ errors }) =>
    errors.map(({ pos, message }) => ({ position: at(pos[0]), detail: message })),
  );
  if (problems.length > 0) return { definitions: [], problems };

  const definitions: Definition[] = [];
  const seen = new Set<string>();
  for (const document of documents) {
    const { contents } = document;
    // An empty document, such as one that has only comments.
    if (contents === null || (isScalar(contents) && contents.value === null)) continue;
    for (const node of isSeq(contents) ? (contents.items as Node[]) : [contents]) {
      const position = at(node.range?.[0] ?? 0);
      const value = node.toJS(document) as Record<string, unknown>;
      const projectId = isMap(node) ? value['projectId'] : undefined;
      if (typeof projectId !== 'string') {
        problems.push({ position, detail: 'An integration is a map with a projectId, which is a text.' });
        continue;
      }
      if (seen.has(projectId)) problems.push({ position, detail: `The project "${projectId}" is repeated.` });
      seen.add(projectId);
      definitions.push({ projectId, settings: value, positionOf: (path) => at(offsetOf(node, path)) });
    }
  }
  return { definitions, problems };
}

function offsetOf(node: Node, path: readonly string[]): number {
  let offset = node.range?.[0] ?? 0;
  let current: unknown = node;
  for (const name of path) {
    if (isMap(current)) {
      const pair = current.items.find(({ key }) => isScalar(key) && String(key.value) === name);
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      current = pair.value;
    } else if (isSeq(current)) {
      current = current.items[Number(name)];
      offset = (current as Node | undefined)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
