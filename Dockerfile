# One image for every program of ours: they share their packages and most of their code, so a second image would only
# be a second thing to build and to keep in step. Which program runs is the container's command (docker-compose.yml).
#
# TypeScript runs as it is, by Node 24, so nothing is compiled here. Node does not strip types under node_modules; the
# workspaces are links from there to the folders of /app, and Node goes by where a file really is.

FROM node:24-slim AS packages
WORKDIR /app
# Only what decides which packages are installed: as long as none of it changes, the next build takes this stage as it
# was. Of the workspaces, those that the programs need; the workshop (stack, integration, bench) stays outside.
COPY package.json package-lock.json .npmrc ./
COPY contracts/package.json contracts/
COPY platform/package.json platform/
COPY outbox/package.json outbox/
COPY migrations/package.json migrations/
COPY order-service/package.json order-service/
COPY outbox-relay/package.json outbox-relay/
COPY customer-service/package.json customer-service/
COPY auditor/package.json auditor/
# Scripts of packages are not run: none of ours needs its own. The cache goes in the same layer that filled it.
RUN npm ci --omit=dev --ignore-scripts \
      --workspace contracts --workspace platform --workspace outbox --workspace migrations \
      --workspace order-service --workspace outbox-relay --workspace customer-service \
      --workspace auditor \
 && rm -rf /root/.npm

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
# Everything belongs to root and is read by `node`: a program cannot change its own code. The packages come as the whole
# folder: where two workspaces want two versions, one lies in the workspace's own node_modules.
COPY --from=packages /app ./
COPY contracts contracts
COPY platform platform
COPY outbox outbox
COPY migrations migrations
COPY order-service order-service
COPY outbox-relay outbox-relay
COPY customer-service customer-service
COPY auditor auditor
COPY deploy/secrets deploy/secrets
COPY deploy/rabbitmq/definitions.json deploy/rabbitmq/
COPY deploy/redis/users.acl deploy/redis/
# Where the volumes with the secrets are mounted to be filled: a new volume takes its owner over from here.
RUN install -d -o node -g node /secrets/store /secrets/order_service /secrets/customer_web /secrets/customer_workers \
      /secrets/outbox_relay /secrets/auditor /secrets/migrations /secrets/postgres_order /secrets/postgres_customer \
      /secrets/rabbitmq /secrets/redis
USER node
EXPOSE 3001 3002 3003 3004 3007
CMD ["node", "order-service/main.ts"]
