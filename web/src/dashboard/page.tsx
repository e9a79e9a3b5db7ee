// The dashboard: figures of the moment, how they went, and everything that is behind them.

import { useEffect, useMemo } from "preact/hooks";
import { client } from "../account.js";
import { Waiting } from "../parts.js";
import "../style/dashboard.css";
import "../style/work.css";
import "../style/chart.css";
import { Activity } from "./activity.js";
import { DashboardModel } from "./model.js";
import { Promises } from "./promises.js";
import { AgentTable, ChannelChart, QueueTable } from "./tables.js";
import { Tiles } from "./tiles.js";
import { Trends } from "./trends.js";
import { WorkTable } from "./work.js";

export function DashboardPage() {
  const own = client.value;
  const model = useMemo(() => (own === undefined ? undefined : new DashboardModel(own)), [own]);
  useEffect(() => () => model?.close(), [model]);
  if (model === undefined) return null;
  const board = model.board.value;
  return (
    <main class="board">
      <h1>Dashboard</h1>
      {model.ending.value !== "" && (
        <p class="card failure" role="alert">
          {model.ending.value}
        </p>
      )}
      {board === undefined ? (
        model.ending.value === "" && <Waiting lines={8} name="The first figures are on their way" />
      ) : (
        <>
          <Tiles board={board} />
          <div class="columns">
            <div>
              <QueueTable model={model} queues={board.queues} />
              <Trends model={model} />
            </div>
            <div>
              <Promises model={model} />
              <Activity model={model} lines={board.activity} />
            </div>
          </div>
          <WorkTable model={model} />
          <div class="halves">
            <AgentTable agents={board.agents} />
            <ChannelChart channels={board.channels} />
          </div>
        </>
      )}
    </main>
  );
}
