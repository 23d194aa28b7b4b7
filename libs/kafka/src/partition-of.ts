import { type PartitionerArgs, Partitioners } from 'kafkajs';

const seed = 0x9747b28c;
const m = 0x5bd1e995;

/**
 * The partition of a key among so many, as the Java client assigns it, so that all producers agree.
 * The same as kafkajs's DefaultPartitioner, which computes it in emulated 64-bit numbers at several times the cost.
 */
export function partitionOf(key: Buffer | string, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
}

/**
 * The record's own partition if it names one, else that of its key, else the next one that is not avoided.
 *
 * @param isAvoided partitions for which records without a key are not meant, unless there is no other
 */
export function keyPartitioner(
  isAvoided: (partition: number) => boolean = () => false,
): (args: PartitionerArgs) => number {
  const withoutKey = Partitioners.DefaultPartitioner();
  return (args) => {
    const { partitionMetadata, message } = args;
    const { key, partition } = message;
    if (partition !== undefined) return partition;
    if (key !== null && key !== undefined) return partitionOf(key, partitionMetadata.length);
    const usable = partitionMetadata.filter(({ partitionId }) => !isAvoided(partitionId));
    return withoutKey(usable.length === 0 ? args : { ...args, partitionMetadata: usable });
  };
}

/** MurmurHash2 of 32 bits, as in org.apache.kafka.common.utils.Utils. */
function murmur2(data: Buffer): number {
  const whole = data.length & ~3;
  let h = seed ^ data.length;
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(data.readInt32LE(i), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = data.length - whole;
  if (rest > 0) {
    for (let i = 0; i < rest; i++) h ^= data.readUInt8(whole + i) << (8 * i);
    h = Math.imul(h, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}
