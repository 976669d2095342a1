# One image for all functions; the argument chooses: ["on-session-event/main.cjs"].
FROM gcr.io/distroless/nodejs24-debian12:nonroot AS runtime

FROM node:24-bookworm-slim AS build
# V8 takes the baked code of its own version only: bundle with the Node that will run it.
COPY --from=runtime /nodejs /nodejs
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY sdk sdk
COPY reconcilers reconcilers
COPY runtime runtime
COPY functions functions
RUN /nodejs/bin/node runtime/bundle.ts

FROM runtime
WORKDIR /app
COPY --from=build /src/dist .
# The number, so that the kubelet can tell that it is not root.
USER 65532
EXPOSE 8080 9464
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["on-session-event/main.cjs"]
