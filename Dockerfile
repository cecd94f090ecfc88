# syntax=docker/dockerfile:1
# One bundle, one Node, koffi's one binary, no shell. amd64 and arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 -t oom-recorder:0.2.0 .
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
RUN OOM_RECORDER_COMMIT="$COMMIT" npm run build

FROM ${RUNTIME_IMAGE}
COPY --from=build /build/dist /app
# What each of these saves, and costs, is in docs/scale.md. glibc gives back what it has freed.
ENV MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072
# The heap ends before the DaemonSet's memory limit does. WebAssembly, which parses HTTP, is compiled once and not
# optimized; of the two compilers that optimize JavaScript there is one, for what is called a hundred thousand times.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=1", "--max-old-space-size=96", "--optimize-for-size", "--liftoff-only", "--no-maglev", "--invocation-count-for-turbofan=100000", "/app/oom-recorder.js"]
CMD ["run"]
