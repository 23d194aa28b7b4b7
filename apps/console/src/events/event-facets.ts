/** What lists can be filtered by. */
export interface EventFacets {
  projects: string[];
  types: string[];
  environments: string[];
}
