import { type Component, type Sbom } from './npm-sbom';

const developmentProperty = 'cdx:npm:package:development';

/**
 * Returns the part of an SBOM that is in the image: the packages of the apps, and those that are bundled into the web page
 * of the console, which are development dependencies of this repository.
 *
 * `npm sbom --omit dev` is not used, because npm 11 also omits packages that both kinds of dependencies need.
 *
 * @param bundled names of the packages that the web page imports
 */
export function shipped(sbom: Sbom, bundled: ReadonlySet<string>): Sbom {
  const dependsOn = new Map(sbom.dependencies.map(({ ref, dependsOn: refs }) => [ref, refs]));
  const ofProject = dependsOn.get(sbom.metadata.component['bom-ref']) ?? [];
  const included = new Set(sbom.components.filter((one) => !isForDevelopment(one)).map(refOf));
  const visit = (ref: string): void => {
    if (included.has(ref)) return;
    included.add(ref);
    dependsOn.get(ref)?.forEach(visit);
  };
  ofProject.filter((ref) => bundled.has(nameIn(ref))).forEach(visit);
  const isIncluded = (ref: string): boolean => included.has(ref) || ref === refOf(sbom.metadata.component);
  return {
    ...sbom,
    components: sbom.components.filter((one) => included.has(refOf(one))).map(asRequired),
    dependencies: sbom.dependencies
      .filter(({ ref }) => isIncluded(ref))
      .map((one) => ({ ...one, dependsOn: one.dependsOn.filter(isIncluded) })),
  };
}

const refOf = (component: Pick<Component, 'bom-ref'>): string => component['bom-ref'];

/** `@scope/name@1.0.0` is `@scope/name`. */
const nameIn = (ref: string): string => ref.slice(0, ref.lastIndexOf('@'));

function isForDevelopment({ properties = [] }: Component): boolean {
  return properties.some(({ name }) => name === developmentProperty);
}

function asRequired(component: Component): Component {
  if (!isForDevelopment(component)) return component;
  const properties = component.properties?.filter(({ name }) => name !== developmentProperty) ?? [];
  return { ...component, scope: 'required', properties };
}
