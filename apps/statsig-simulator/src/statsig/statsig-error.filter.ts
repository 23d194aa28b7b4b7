import { type Problem, ProblemFilter, sendProblem } from '@app/platform';
import { Catch } from '@nestjs/common';
import { type FastifyReply } from 'fastify';

/** Responds to errors of Statsig's API in Statsig's format, `{"success":false,"message"}`, and to others with a problem. */
@Catch()
export class StatsigErrorFilter extends ProblemFilter {
  protected override send(problem: Problem, reply: FastifyReply): void {
    if (reply.request.url.startsWith('/v1/')) {
      void reply.status(problem.status).send({ success: false, message: problem.detail });
    } else {
      sendProblem(problem, reply);
    }
  }
}
