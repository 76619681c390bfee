import type { Agent } from "node:https";

const maximumSockets = 64;
/** A peer that vanished without a word is noticed by the system after this and a few probes. */
const probeAfterMilliseconds = 30_000;

/** The client library's agents, its proxy agents among them, close every connection after one exchange; the same agents can keep them. */
export function keptAlive(agent: Agent): Agent {
  const settings = agent as Agent & { keepAlive: boolean };
  settings.keepAlive = true;
  settings.maxSockets = maximumSockets;
  Object.assign(settings.options, { keepAlive: true, keepAliveInitialDelay: probeAfterMilliseconds });
  return agent;
}

/** Ends idle connections now, and those in use as soon as their exchange is over. */
export function retire(agent: Agent): void {
  (agent as Agent & { keepAlive: boolean }).keepAlive = false;
  for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
}

/** A watch holds its connection for as long as it lasts, which must not keep others waiting. Returns how to take this back. */
export function addStream(agent: Agent): () => void {
  agent.maxSockets += 1;
  let open = true;
  return () => {
    if (open) agent.maxSockets -= 1;
    open = false;
  };
}
