namespace Demo
{
    public static partial class Outer
    {
        public partial record Middle
        {
            public partial struct Inner
            {
                internal partial interface IDeep<T>
                {
                    internal sealed partial class Deepest
                    {
                        private readonly AsyncCallRuntime _calls = new();

                        [AsyncCall]
                        internal long Length(FileInfo file) => file.Length;
                    }
                }
            }
        }
    }
}
