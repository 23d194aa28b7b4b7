export interface CustomerId {
  project: string;
  id: string;
}

/** Returns the URL of a customer's page. An id may be any text, so it is in the query and not in the path. */
export function customerPath(customer: CustomerId): string {
  return `/customers/profile?${new URLSearchParams({ ...customer }).toString()}`;
}
