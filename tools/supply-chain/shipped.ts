import { type Component, type Sbom } from './npm-sbom';

const developmentProperty = 'cdx:npm:package:development';

/**
 * Returns the part of an SBOM that is in the image: the packages of the apps, and those that are bundled into the web page
 * of the console, which are development dependencies of this repository, each with all packages that they depend on.
 *
 * Neither `npm sbom --omit dev` nor the development property of a component decides it: npm 11 has one component for all
 * copies of a version, and marks it by the first of them, although others may be in the image.
 *
 * @param direct names of the packages that the apps depend on, or the web page imports
 */
export function shipped(sbom: Sbom, direct: ReadonlySet<string>): Sbom {
  const project = sbom.metadata.component;
  const dependsOn = new Map(sbom.dependencies.map(({ ref, dependsOn: refs }) => [ref, refs]));
  const included = new Set<string>();
  const visit = (ref: string): void => {
    if (included.has(ref)) return;
    included.add(ref);
    dependsOn.get(ref)?.forEach(visit);
  };
  const ofProject = dependsOn.get(refOf(project)) ?? [];
  ofProject.filter((ref) => direct.has(nameIn(ref))).forEach(visit);
  const isIncluded = (ref: string): boolean => included.has(ref) || ref === refOf(project);
  return {
    ...sbom,
    // npm writes the name of the folder.
    metadata: { ...sbom.metadata, component: { ...project, name: nameIn(refOf(project)) } },
    components: sbom.components.filter((one) => included.has(refOf(one))).map(asRequired),
    dependencies: sbom.dependencies
      .filter(({ ref }) => isIncluded(ref))
      .map((one) => ({ ...one, dependsOn: one.dependsOn.filter(isIncluded) })),
  };
}

const refOf = (component: Pick<Component, 'bom-ref'>): string => component['bom-ref'];

/** `@scope/name@1.0.0` is `@scope/name`. */
const nameIn = (ref: string): string => ref.slice(0, ref.lastIndexOf('@'));

function asRequired(component: Component): Component {
  const properties = component.properties?.filter(({ name }) => name !== developmentProperty) ?? [];
  const isForDevelopment = properties.length < (component.properties?.length ?? 0);
  return isForDevelopment ? { ...component, scope: 'required', properties } : component;
}
