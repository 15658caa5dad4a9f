-- Answers each "cursor ..." line with whether SCAN takes it.
local function bytes(s)
  return (s:gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
end
local out = {}
for line in ARGV[1]:gmatch('[^\n]+') do
  local cursor = line:match('^(%S*)')
  local reply = redis.pcall('SCAN', bytes(cursor))
  out[#out + 1] = cursor .. ' ' .. (reply.err and 'refused' or 'taken')
end
return out
