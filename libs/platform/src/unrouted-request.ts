import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createProblem, type Problem } from './problem';

interface Route {
  methods: readonly string[];
  pattern: URLPattern;
}

/** Name of the decorator on the Fastify instance. */
const recordedRoutes = 'recordedRoutes';

/** Records the routes of a server, which must not have any yet. */
export function recordRoutes(fastify: Pick<FastifyInstance, 'decorate' | 'addHook'>): void {
  const routes: Route[] = [];
  fastify.decorate(recordedRoutes, routes);
  fastify.addHook('onRoute', ({ method, url }) => {
    routes.push({ methods: [method].flat(), pattern: new URLPattern({ pathname: url }) });
  });
}

/**
 * The problem of a request that has no route: 405 if its URL has routes of other methods, which the header `Allow` of the
 * reply then lists, and 404 otherwise.
 *
 * @param nothingHere what to do about a wrong URL
 */
export function unroutedProblem(request: FastifyRequest, reply: FastifyReply, nothingHere: string): Problem {
  const methods = methodsAt(request);
  if (methods.length === 0) return createProblem({ status: 404, detail: nothingHere });
  const allowed = methods.join(', ');
  void reply.header('allow', allowed);
  return createProblem({
    status: 405,
    detail: `This URL does not support ${request.method}. Use one of: ${allowed}.`,
  });
}

/** Empty if the method of the request is one of them: the router then knows better why there is no route. */
function methodsAt({ server, method, url }: FastifyRequest): string[] {
  const [path = ''] = url.split('?');
  const pathname = path.replace(/(?<=.)\/$/, '');
  const methods = server
    .getDecorator<Route[]>(recordedRoutes)
    .filter(({ pattern }) => pattern.test({ pathname }))
    .flatMap((route) => route.methods);
  return methods.includes(method) ? [] : [...new Set(methods)].toSorted();
}
