# One image for all apps: the command selects the app.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script. That of `node`, which provides Node for npm's scripts, would download a second Node.
RUN npm ci --ignore-scripts

FROM packages AS build
COPY nest-cli.json tsconfig.json ./
COPY libs libs
COPY apps apps
COPY tools tools
RUN npm run build && find dist -name '*.tsbuildinfo' -delete

FROM node:24-bookworm-slim AS production-packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# The commit that the image is built from: docker build --build-arg COMMIT="$(git rev-parse HEAD)"
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="revenuecat-statsig" \
  org.opencontainers.image.description="Delivers RevenueCat subscription events to Statsig" \
  org.opencontainers.image.revision="$COMMIT" \
  org.opencontainers.image.licenses="Apache-2.0"
# kafkajs sets timers with negative delays, which recent versions of Node warn about. V8's default heap size may exceed the
# memory limit of the container, so the heap is limited: docs/deploy.md explains the numbers.
# Each app has its own container, so all apps use the same ports. OPERATIONS_PORT must not be public.
ENV NODE_ENV=production \
  BUILD_COMMIT=$COMMIT \
  NODE_OPTIONS="--max-old-space-size-percentage=40 --max-semi-space-size=8" \
  HOST=0.0.0.0 \
  INGEST_PORT=8080 \
  MAPPER_PORT=8080 \
  DISPATCHER_PORT=8080 \
  CONSOLE_PORT=8080 \
  SIMULATOR_PORT=8080 \
  OPERATIONS_PORT=9464 \
  CONSOLE_DATABASE=/var/lib/console/read-model.sqlite
WORKDIR /app
COPY --from=production-packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# The console's read model. A volume mounted here inherits the owner of this directory.
RUN install --directory --owner node --group node /var/lib/console
USER node
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/apps/ingest/src/main.js"]
