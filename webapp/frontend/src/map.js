// The two pictures of the map page. The tables below them say the same; a link in a picture is a link of the server.
import { drawSankey, tellSankey } from "./map/sankey.js";
import { drawWorld, readAtlas, tellWorld } from "./map/world.js";

const pictures = document.getElementById("pictures");

async function read(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}

// Read once, and only when a picture is to be seen.
function once(make) {
  let made;
  return () => (made ??= make());
}

function show(id, prepare, draw, tell) {
  const place = document.getElementById(id);
  const details = place.closest("details");
  const state = details.querySelector(".state");
  let drawnFor = 0;
  const update = async () => {
    const room = Math.floor(place.parentElement.clientWidth);
    if (!details.open || !room || room === drawnFor) return;
    drawnFor = room;
    if (!place.childElementCount) state.textContent = "Drawing …";
    try {
      const ready = await prepare();
      place.replaceChildren(draw(ready, room));
      state.textContent = tell(ready);
    } catch (error) {
      drawnFor = 0;
      state.textContent = `The picture cannot be drawn (${error.message}). The tables below say the same.`;
    }
  };
  details.addEventListener("toggle", update);
  new ResizeObserver(update).observe(place.parentElement);
  return update();
}

if (pictures) {
  // On a phone the tables come first; a picture is one tap away.
  if (matchMedia("(max-width: 40rem)").matches) for (const details of pictures.querySelectorAll("details")) details.open = false;
  pictures.hidden = false;
  const data = once(() => read(pictures.dataset.source));
  const atlas = once(async () => readAtlas(await read(pictures.dataset.countries)));
  show("sankey", data, ({ sankey }, room) => drawSankey(sankey, room), ({ sankey }) => tellSankey(sankey));
  show("map", () => Promise.all([data(), atlas()]), ([{ map }, world], room) => drawWorld(map, world, room), ([{ map }]) => tellWorld(map));
}
