-- Writes, stamps or deletes KEYS[1] if a condition holds, in one step.
-- ARGV: 'prefix' or 'foreign' | the prefix | 'delete', or 'stamp' | its bytes, or 'set' | the value | milliseconds, or
-- '' for no expiry
local met
if ARGV[1] == 'foreign' then
  local kind = redis.call('TYPE', KEYS[1]).ok
  met = kind ~= 'string' and kind ~= 'none'
elseif #ARGV[2] == 0 then
  met = redis.call('TYPE', KEYS[1]).ok == 'string'
else
  -- What is no string answers with an error, which is no prefix.
  met = redis.pcall('GETRANGE', KEYS[1], 0, #ARGV[2] - 1) == ARGV[2]
end
if not met then
  return 0
end
if ARGV[3] == 'delete' then
  return redis.call('UNLINK', KEYS[1])
end
if ARGV[3] == 'stamp' then
  redis.call('SETRANGE', KEYS[1], 0, ARGV[4])
  return 1
end
if ARGV[5] == '' then
  redis.call('SET', KEYS[1], ARGV[4])
else
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
end
return 1
