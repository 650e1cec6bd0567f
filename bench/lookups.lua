-- What wrk sends: look-ups of one thing each, and what it tells at the end, as JSON on one line.
-- Arguments: FILE (things, percent-encoded, one a line), PATH with THING and NUMBER in it, a mark of this run ("" leaves
-- NUMBER out, so that texts repeat), then NAME: VALUE headers.

local things, count, path, mark, headers = {}, 0, "", "", {}

function init(arguments)
  for line in io.lines(arguments[1]) do
    things[#things + 1] = line
  end
  path, mark = arguments[2], arguments[3]
  for place = 4, #arguments do
    local name, value = arguments[place]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
end

function request()
  count = count + 1
  -- A step prime to most lengths: neighbours in the file are neighbours in the index too.
  local thing = things[(count * 7919) % #things + 1]
  local number = mark == "" and "" or mark .. "x" .. count
  local full = path:gsub("THING", function() return thing end):gsub("NUMBER", number)
  return wrk.format("GET", full, headers)
end

function done(summary, latency, requests)
  local wrong = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "failed": %d, "median_ms": %.4f, "slow_ms": %.4f}\n',
    summary.requests, summary.duration / 1e6, wrong.connect + wrong.read + wrong.write + wrong.status + wrong.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
