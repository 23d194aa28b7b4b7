export interface CustomerId {
  project: string;
  id: string;
}

/** The address of a customer's page. An id may be any text, so it is not in the path. */
export function customerPath(customer: CustomerId): string {
  return `/customers/profile?${new URLSearchParams({ ...customer }).toString()}`;
}
