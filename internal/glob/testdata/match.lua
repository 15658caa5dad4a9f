-- Answers each "pattern subject ..." line with what KEYS finds.
local function bytes(s)
  return (s:gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
end
local out = {}
for line in ARGV[1]:gmatch('[^\n]+') do
  local p, s = line:match('^(%S*) (%S*)')
  redis.call('FLUSHDB')
  redis.call('SET', bytes(s), 1)
  out[#out + 1] = p .. ' ' .. s .. ' ' .. #redis.call('KEYS', bytes(p))
end
return out
