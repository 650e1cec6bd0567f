// A layer for each kind of thing, from left to right on a wide page, from top to bottom on a phone; worked out beside the page.
import ELK from "elkjs/lib/elk-api.js";

const PATIENCE = 60_000; // Milliseconds after which the table has to do.

export async function layOut(graph, workerUrl, narrow) {
  // A worker that cannot be fetched or breaks answers nothing at all, so whoever waits for it has to be told.
  let fail;
  const failed = new Promise((_, reject) => (fail = reject));
  const workerFactory = (url) => {
    const worker = new Worker(url);
    worker.addEventListener("error", () => fail(new Error(`${url} does not work`)));
    return worker;
  };
  const elk = new ELK({ workerUrl, workerFactory });
  const timer = setTimeout(() => fail(new Error("the layout takes too long")), PATIENCE);
  try {
    const laidOut = elk.layout({
      id: "root",
      layoutOptions: {
        "elk.algorithm": "layered",
        "elk.direction": narrow ? "DOWN" : "RIGHT",
        "elk.partitioning.activate": "true",
        "elk.separateConnectedComponents": String(narrow),
        "elk.aspectRatio": "0.4",
        "elk.edgeRouting": "POLYLINE",
        "elk.padding": "[top=8,left=8,bottom=8,right=8]",
        "elk.spacing.nodeNode": narrow ? "16" : "14",
        "elk.spacing.componentComponent": "24",
        "elk.layered.spacing.nodeNodeBetweenLayers": "26",
        "elk.layered.spacing.edgeNodeBetweenLayers": "12",
        "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
        "elk.spacing.edgeNode": "10",
        "elk.spacing.edgeEdge": "8",
        "elk.edgeLabels.inline": "true",
        "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
        "elk.layered.thoroughness": graph.edges.length > 150 ? "3" : "7",
      },
      children: graph.nodes.map(({ id, width, height, column }) => ({
        id,
        width,
        height,
        layoutOptions: { "elk.partitioning.partition": String(column) },
      })),
      edges: graph.edges.map(({ id, from, to, lines, width, height }) => ({
        id,
        sources: [from],
        targets: [to],
        labels: lines.length ? [{ text: lines.join(" "), width, height }] : [],
      })),
    });
    return await Promise.race([laidOut, failed]);
  } finally {
    clearTimeout(timer);
    elk.terminateWorker?.();
  }
}
