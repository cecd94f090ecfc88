# syntax=docker/dockerfile:1
# One bundle, one Node, koffi's one binary, no shell. amd64 and arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 -t oom-recorder:0.1.0 .
# Behind a mirror: --build-arg BUILD_IMAGE=… --build-arg RUNTIME_IMAGE=…
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12

# On the target's platform: npm then installs koffi's binary for it.
FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json ./
COPY src src
COPY hack hack
# What --version says it was made from: --build-arg COMMIT="$(git describe --always --dirty)"
ARG COMMIT=
RUN OOM_RECORDER_COMMIT="$COMMIT" npm run build && cp package.json dist/

FROM ${RUNTIME_IMAGE}
COPY --from=build /build/dist /app
# The young generation is collected at 1 MiB instead of 16, and the heap ends before the DaemonSet's
# memory limit does: what the agent costs is what it keeps.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=1", "--max-old-space-size=96", "/app/oom-recorder.js"]
CMD ["run"]
