-- Calls of four hops for wrk, as Africa's Talking posts them: a dial and three keys, none of which orders anything.
--
--   wrk -t32 -c32 -d5 -s calls.lua http://127.0.0.1:8000 -- PATH FIRST RATE
--
-- A thread has one connection and makes one call after the other, each from a number of its own. FIRST keeps the numbers
-- and sessions of one run apart from those of others. With a RATE (hops a second, all threads together) a hop is due at
-- its time whatever became of the ones before, and its latency counts from when it was due.
-- The last line that is printed has the hops that were answered rightly and wrongly, and percentiles of latency in ms.

local ffi = require("ffi")
ffi.cdef [[
typedef struct { long s; long ns; } instant;
int clock_gettime(int clock, instant *at);
]]

local KEYS = { "", "1", "1*1", "1*1*1" }
local threads = {}

function setup(thread)
    table.insert(threads, thread)
    thread:set("id", #threads)
end

local instant = ffi.new("instant")
local function now_us()
    ffi.C.clock_gettime(1, instant)
    return tonumber(instant.s) * 1e6 + tonumber(instant.ns) / 1e3
end

function init(args)
    path, first, rate = args[1], tonumber(args[2]), tonumber(args[3] or "0")
    call, hop, right, wrong, probed = 0, 0, 0, 0, false
    took = {}
    head = "POST " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        .. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    if rate > 0 then
        period_us = 32 * 1e6 / rate
        due_us = now_us() + period_us * id / 32
        delay = function()
            return math.max(0, math.floor((due_us - now_us()) / 1e3 + 0.5))
        end
    end
end

function request()
    if id == 1 and not probed then
        probed = true -- wrk asks for one request before it begins, to see how long it is, and does not send it.
    elseif hop == 4 or hop == 0 then
        call, hop = call + 1, 1
    else
        hop = hop + 1
    end
    local number = 710000000 + (first + id * 30011 + call * 1009) % 10000000
    local body = "sessionId=ATUid_" .. first .. "_" .. id .. "_" .. call .. "&phoneNumber=%2B254" .. number
        .. "&networkCode=63902&serviceCode=%2A384%2A55%23&text=" .. KEYS[math.max(hop, 1)]
    if rate == 0 then due_us = now_us() end
    return head .. #body .. "\r\n\r\n" .. body
end

function response(status, headers, body)
    if status == 200 and body:sub(1, 4) == "CON " then right = right + 1 else wrong = wrong + 1 end
    local slot = math.floor((now_us() - due_us) / 100) -- tenths of a millisecond
    took[slot] = (took[slot] or 0) + 1
    if rate > 0 then due_us = due_us + period_us end
end

function done(summary, latency, requests)
    local good, bad, all, most = 0, 0, {}, 0
    for _, thread in ipairs(threads) do
        good, bad = good + thread:get("right"), bad + thread:get("wrong")
        for slot, count in pairs(thread:get("took")) do
            all[slot] = (all[slot] or 0) + count
            most = math.max(most, slot)
        end
    end
    local function percentile(share)
        local left = share * (good + bad)
        for slot = 0, most do
            left = left - (all[slot] or 0)
            if left <= 0 then return (slot + 1) / 10 end
        end
        return most / 10
    end
    local errors = summary.errors
    io.write(string.format("CALLS right=%d wrong=%d lost=%d seconds=%.4f p50=%.1f p90=%.1f p99=%.1f p999=%.1f\n",
        good, bad, errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6,
        percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999)))
end
