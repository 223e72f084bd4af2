-- wrk's side. Arguments: what to send ("get", "session", "account"), then a prefix of names and,
-- for sessions, how many accounts there are. At the end one line of JSON on standard error.
local threads = {}
local sent = 0

function setup(thread)
  thread:set("number", #threads + 1)
  threads[#threads + 1] = thread
end

local function post(path, key, name)
  return wrk.format("POST", path, nil,
    string.format('{"%s":"%s","password":"correct horse battery"}', key, name))
end

function init(args)
  local kind, prefix, accounts = args[1], args[2], tonumber(args[3])
  if kind == "get" then return end -- then wrk's own request, made once, is the fastest
  wrk.headers["Content-Type"] = "application/json"
  if kind == "session" then
    request = function()
      sent = sent + 1
      return post("/v1/sessions", "login", prefix .. (sent * 7 + number * 31) % accounts)
    end
  else
    request = function()
      sent = sent + 1
      return post("/v1/accounts", "username", prefix .. number .. "_" .. sent)
    end
  end
end

function done(summary, latency)
  local e = summary.errors
  io.stderr:write(string.format(
    '{"rate": %.2f, "p50_ms": %.3f, "p99_ms": %.3f, "requests": %d, "bad_status": %d, '
      .. '"broken": %d}\n', summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, summary.requests, e.status,
    e.connect + e.read + e.write + e.timeout))
end
