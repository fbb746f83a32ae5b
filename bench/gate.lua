-- What a packet gateway asks, for wrk: may the phone of this number pass? A thousand numbers in turn.
--
--   wrk -t1 -c8 -d5 --latency -s gate.lua http://127.0.0.1:8000 -- PATH

local path, asked = nil, 0
local headers = { ["Content-Type"] = "application/json" }

function init(args)
    path = args[1]
end

function request()
    asked = (asked + 1) % 1000
    return wrk.format("POST", path, headers, string.format('{"msisdn": "+254722000%03d"}', asked))
end

function done(summary)
    local errors = summary.errors
    local lost = errors.connect + errors.read + errors.write + errors.timeout + errors.status
    io.write(string.format("GATE lost=%d\n", lost))
end
