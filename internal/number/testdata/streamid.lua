-- Answers each "number ..." line with how XADD reads it behind the dash of a stream ID.
local function bytes(s)
  return (s:gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
end
local out = {}
for line in ARGV[1]:gmatch('[^\n]+') do
  local half = line:match('^(%S*)')
  redis.call('DEL', 'key')
  local reply = redis.pcall('XADD', 'key', '1-' .. bytes(half), 'field', 'value')
  out[#out + 1] = half .. ' ' .. (type(reply) == 'table' and 'refused' or reply:sub(3))
end
redis.call('DEL', 'key')
return out
