export interface SessionView {
  isSignedIn: boolean;
  /** False: there is no token, and whoever is on this machine is in. */
  isTokenNeeded: boolean;
  name?: string;
}
