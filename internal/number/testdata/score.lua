-- Answers each "score ..." line with the score as ZSCORE and as ZSCAN reply it.
local function bytes(s)
  return (s:gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
end
local out = {}
for line in ARGV[1]:gmatch('[^\n]+') do
  local score = line:match('^(%S*)')
  redis.call('DEL', 'key')
  local reply = redis.pcall('ZADD', 'key', bytes(score), 'm')
  if type(reply) == 'table' then
    out[#out + 1] = score .. ' refused'
  else
    out[#out + 1] = score .. ' ' .. redis.call('ZSCORE', 'key', 'm') .. ' ' .. redis.call('ZSCAN', 'key', 0)[2][2]
  end
end
redis.call('DEL', 'key')
return out
