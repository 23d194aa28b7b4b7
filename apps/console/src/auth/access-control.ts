import { type FastifyRequest } from 'fastify';
import { type ConsoleConfig } from '../console.config';
import { type Access, accessOf, hostProblem } from './access';
import { type Sessions } from './sessions';

/** Determines who makes a request. */
export class AccessControl {
  constructor(
    private readonly config: Pick<ConsoleConfig, 'CONSOLE_TOKEN' | 'CONSOLE_HOSTS'>,
    private readonly sessions: Sessions,
  ) {}

  of(request: FastifyRequest): Access {
    const { CONSOLE_TOKEN: token } = this.config;
    const isSignedOut = this.sessions.isSignedOut.bind(this.sessions);
    return accessOf(request, { token, isSignedOut }, Date.now());
  }

  /** Returns why the console does not respond to the host name of the request, or undefined if it does. */
  hostProblem({ headers }: FastifyRequest): string | undefined {
    const { CONSOLE_TOKEN: token, CONSOLE_HOSTS: hosts } = this.config;
    return hostProblem(headers.host, { token, hosts });
  }

  /** Returns the name of the user for the audit log. */
  nameOf(request: FastifyRequest): string {
    const access = this.of(request);
    return access.kind === 'granted' ? access.name : 'unknown';
  }
}
