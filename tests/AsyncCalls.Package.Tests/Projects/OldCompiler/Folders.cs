using System.IO;
using System.Threading;
using System.Threading.Tasks;
using AsyncCalls;

namespace OldCompiler
{
    public sealed partial class Folders
    {
        private readonly AsyncCallRuntime _calls = AsyncCallRuntime.Shared;

        [AsyncCall]
        public string[] List(string folder, CancellationToken cancellationToken) => Directory.GetFiles(folder);

        public ValueTask<string[]> Both(string folder) => ListAsync(folder);
    }
}
