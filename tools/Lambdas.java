import static java.lang.constant.ConstantDescs.CD_Boolean;
import static java.lang.constant.ConstantDescs.CD_Byte;
import static java.lang.constant.ConstantDescs.CD_Character;
import static java.lang.constant.ConstantDescs.CD_Double;
import static java.lang.constant.ConstantDescs.CD_Float;
import static java.lang.constant.ConstantDescs.CD_Integer;
import static java.lang.constant.ConstantDescs.CD_Long;
import static java.lang.constant.ConstantDescs.CD_Number;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_Short;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_char;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_short;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.CLASS_INIT_NAME;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.io.IOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.NestHostAttribute;
import java.lang.classfile.attribute.NestMembersAttribute;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// A step of the build: makes of each lambda and method reference under a folder of classes the
/// class that the JVM would make at the first run of its line, and of each `switch` over types the
/// method. Before its first answer a router runs 150 of them once each, and the JVM takes half a
/// millisecond and 35 KB of garbage for one.
///
/// What it doesn't know (serializable lambdas, switches over constants) stays for the JVM, and so
/// does what is in classes for a Java that knows no nests.
final class Lambdas {
  // Names that no interface's method has.
  private static final String FACTORY = "of$";
  private static final String ONLY = "only$";

  private static final String METAFACTORY = "Ljava/lang/invoke/LambdaMetafactory;";
  private static final String SWITCHES = "Ljava/lang/runtime/SwitchBootstraps;";

  /// The class files of Java 11, the first with nests: private members that a class shares.
  private static final int FIRST_WITH_NESTS = ClassFile.JAVA_11_VERSION;

  private static final int JUST_MADE =
      ClassFile.ACC_FINAL | ClassFile.ACC_SUPER | ClassFile.ACC_SYNTHETIC;
  private static final int OWN_FIELD = ClassFile.ACC_PRIVATE | ClassFile.ACC_FINAL;
  private static final int HELPER =
      ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;

  private static final List<ClassDesc> VALUES =
      List.of(CD_boolean, CD_byte, CD_char, CD_short, CD_int, CD_long, CD_float, CD_double);

  private final Path root;
  private final ClassFile format;
  private final Map<Path, byte[]> results = new TreeMap<>();
  private final Map<ClassDesc, List<ClassDesc>> newMembers = new HashMap<>();

  private Lambdas(Path root, ClassLoader classes) {
    this.root = root;
    this.format =
        ClassFile.of(
            ConstantPoolSharingOption.NEW_POOL,
            ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)));
  }

  /// Rewrites the classes of the folder that is named.
  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments[0]);
    URL[] path = {root.toUri().toURL()};
    try (URLClassLoader classes = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      new Lambdas(root, classes).run();
    }
  }

  private void run() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(root)) {
      files = all.filter(file -> file.toString().endsWith(".class")).sorted().toList();
    }
    for (Path file : files) rewrite(format.parse(file));
    for (ClassDesc host : newMembers.keySet()) adopt(host);
    for (var result : results.entrySet()) Files.write(result.getKey(), result.getValue());
  }

  private Path file(ClassDesc type) {
    String descriptor = type.descriptorString();
    return root.resolve(descriptor.substring(1, descriptor.length() - 1) + ".class");
  }

  // --- A class that has lambdas ---

  private void rewrite(ClassModel model) {
    if (model.majorVersion() < FIRST_WITH_NESTS) return;
    boolean concerned =
        model.methods().stream()
            .flatMap(method -> method.code().stream())
            .flatMap(code -> code.elementStream())
            .anyMatch(each -> each instanceof InvokeDynamicInstruction call && knows(call));
    if (!concerned) return;
    ClassDesc type = model.thisClass().asSymbol();
    ClassDesc nest =
        model.findAttribute(Attributes.nestHost()).map(a -> a.nestHost().asSymbol()).orElse(type);
    boolean isInterface = model.flags().has(AccessFlag.INTERFACE);
    Map<Lambda, ClassDesc> made = new HashMap<>();
    List<InvokeDynamicInstruction> switches = new ArrayList<>();
    ClassTransform calls =
        ClassTransform.transformingMethodBodies(
            (code, each) -> {
              if (!(each instanceof InvokeDynamicInstruction call && knows(call))) {
                code.with(each);
              } else if (isSwitch(call)) {
                code.invokestatic(type, helper(switches.size()), call.typeSymbol(), isInterface);
                switches.add(call);
              } else {
                evaluate(
                    code,
                    call,
                    made.computeIfAbsent(
                        Lambda.of(call), _ -> make(model, nest, call, made.size())));
              }
            });
    ClassTransform helpers =
        ClassTransform.endHandler(
            builder -> {
              for (int i = 0; i < switches.size(); i++) {
                InvokeDynamicInstruction call = switches.get(i);
                builder.withMethodBody(
                    helper(i), call.typeSymbol(), HELPER, code -> choose(code, call));
              }
            });
    results.put(file(type), format.transformClass(model, calls.andThen(helpers)));
  }

  private static boolean knows(InvokeDynamicInstruction call) {
    return isLambda(call) || isSwitch(call);
  }

  private static boolean isLambda(InvokeDynamicInstruction call) {
    return isOf(call, METAFACTORY, "metafactory");
  }

  private static boolean isSwitch(InvokeDynamicInstruction call) {
    return isOf(call, SWITCHES, "typeSwitch")
        && !call.typeSymbol().parameterType(0).isPrimitive()
        && call.bootstrapArgs().stream().allMatch(ClassDesc.class::isInstance);
  }

  private static boolean isOf(InvokeDynamicInstruction call, String owner, String method) {
    DirectMethodHandleDesc bootstrap = call.bootstrapMethod();
    return bootstrap.owner().descriptorString().equals(owner)
        && bootstrap.methodName().equals(method);
  }

  // --- A switch over types ---

  private static String helper(int index) {
    return "switch$" + index;
  }

  /// What [java.lang.runtime.SwitchBootstraps#typeSwitch] says: -1 for null, the first label from
  /// `restart` on whose type it is, or their number.
  private static void choose(CodeBuilder code, InvokeDynamicInstruction call) {
    Label some = code.newLabel();
    code.aload(0).ifnonnull(some).iconst_m1().ireturn().labelBinding(some);
    int index = 0;
    for (var label : call.bootstrapArgs()) {
      Label next = code.newLabel();
      code.iload(1).loadConstant(index).if_icmpgt(next);
      code.aload(0).instanceOf((ClassDesc) label).ifeq(next);
      code.loadConstant(index++).ireturn().labelBinding(next);
    }
    code.loadConstant(index).ireturn();
  }

  // --- A lambda ---

  /// All that tells one lambda of a class from another: equal ones (a method reference that is
  /// written twice) share what is made.
  private record Lambda(String method, MethodTypeDesc type, List<ConstantDesc> arguments) {
    static Lambda of(InvokeDynamicInstruction call) {
      var arguments = List.copyOf(call.bootstrapArgs());
      return new Lambda(call.name().stringValue(), call.typeSymbol(), arguments);
    }
  }

  /// The value of the expression: the one object, or a new one that holds what it captures.
  private static void evaluate(CodeBuilder code, InvokeDynamicInstruction call, ClassDesc made) {
    MethodTypeDesc captured = call.typeSymbol();
    if (captured.parameterCount() == 0) {
      code.getstatic(made, ONLY, captured.returnType());
    } else {
      code.invokestatic(made, FACTORY, captured);
    }
  }

  /// The class, a nest mate of the one that it was written in, whose private method it calls.
  private ClassDesc make(
      ClassModel host, ClassDesc nest, InvokeDynamicInstruction call, int index) {
    String descriptor = host.thisClass().asSymbol().descriptorString();
    ClassDesc made =
        ClassDesc.ofDescriptor(
            descriptor.substring(0, descriptor.length() - 1) + "$$" + index + ";");
    MethodTypeDesc captured = call.typeSymbol();
    ClassDesc offered = captured.returnType();
    MethodTypeDesc constructor = captured.changeReturnType(CD_void);
    byte[] bytes =
        format.build(
            made,
            builder -> {
              builder.withVersion(host.majorVersion(), host.minorVersion());
              builder.withFlags(JUST_MADE).withInterfaceSymbols(offered);
              builder.with(NestHostAttribute.of(nest));
              for (int i = 0; i < captured.parameterCount(); i++) {
                builder.withField("a" + i, captured.parameterType(i), OWN_FIELD);
              }
              builder.withMethodBody(
                  INIT_NAME,
                  constructor,
                  ClassFile.ACC_PRIVATE,
                  code -> keep(code, made, captured));
              if (captured.parameterCount() == 0) {
                builder.withField(ONLY, offered, ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
                builder.withMethodBody(
                    CLASS_INIT_NAME,
                    MTD_void,
                    ClassFile.ACC_STATIC,
                    code -> create(code, made, captured).putstatic(made, ONLY, offered).return_());
              } else {
                builder.withMethodBody(
                    FACTORY,
                    captured,
                    ClassFile.ACC_STATIC,
                    code -> create(code, made, captured).areturn());
              }
              builder.withMethodBody(
                  call.name().stringValue(),
                  (MethodTypeDesc) call.bootstrapArgs().get(0),
                  ClassFile.ACC_PUBLIC,
                  code -> delegate(code, made, call));
            });
    results.put(file(made), bytes);
    newMembers.computeIfAbsent(nest, _ -> new ArrayList<>()).add(made);
    return made;
  }

  /// `new Made(arguments)`, where the arguments are the method's own.
  private static CodeBuilder create(CodeBuilder code, ClassDesc made, MethodTypeDesc captured) {
    code.new_(made).dup();
    for (int i = 0; i < captured.parameterCount(); i++) {
      code.loadLocal(TypeKind.from(captured.parameterType(i)), code.parameterSlot(i));
    }
    return code.invokespecial(made, INIT_NAME, captured.changeReturnType(CD_void));
  }

  private static void keep(CodeBuilder code, ClassDesc made, MethodTypeDesc captured) {
    code.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void);
    for (int i = 0; i < captured.parameterCount(); i++) {
      ClassDesc type = captured.parameterType(i);
      code.aload(0).loadLocal(TypeKind.from(type), code.parameterSlot(i));
      code.putfield(made, "a" + i, type);
    }
    code.return_();
  }

  /// The interface's method: what was captured, then the arguments, go to the method behind the
  /// lambda. [java.lang.invoke.LambdaMetafactory] says how each is converted.
  private static void delegate(CodeBuilder code, ClassDesc made, InvokeDynamicInstruction call) {
    MethodTypeDesc captured = call.typeSymbol();
    MethodTypeDesc erased = (MethodTypeDesc) call.bootstrapArgs().get(0);
    DirectMethodHandleDesc target = (DirectMethodHandleDesc) call.bootstrapArgs().get(1);
    MethodTypeDesc exact = (MethodTypeDesc) call.bootstrapArgs().get(2);
    MethodTypeDesc wanted = target.invocationType();
    if (target.kind() == DirectMethodHandleDesc.Kind.CONSTRUCTOR) code.new_(target.owner()).dup();
    for (int i = 0; i < captured.parameterCount(); i++) {
      code.aload(0).getfield(made, "a" + i, captured.parameterType(i));
    }
    for (int i = 0; i < erased.parameterCount(); i++) {
      code.loadLocal(TypeKind.from(erased.parameterType(i)), code.parameterSlot(i));
      convert(code, erased.parameterType(i), exact.parameterType(i));
      convert(code, exact.parameterType(i), wanted.parameterType(captured.parameterCount() + i));
    }
    invoke(code, target);
    if (erased.returnType().equals(CD_void)) {
      drop(code, wanted.returnType());
    } else {
      convert(code, wanted.returnType(), erased.returnType());
    }
    code.return_(TypeKind.from(erased.returnType()));
  }

  private static void invoke(CodeBuilder code, DirectMethodHandleDesc target) {
    MethodTypeDesc type = MethodTypeDesc.ofDescriptor(target.lookupDescriptor());
    ClassDesc owner = target.owner();
    String name = target.methodName();
    switch (target.kind()) {
      case CONSTRUCTOR -> code.invokespecial(owner, INIT_NAME, type);
      case STATIC, INTERFACE_STATIC ->
          code.invokestatic(owner, name, type, target.isOwnerInterface());
      case VIRTUAL, SPECIAL -> code.invokevirtual(owner, name, type);
      case INTERFACE_VIRTUAL, INTERFACE_SPECIAL -> code.invokeinterface(owner, name, type);
      default -> throw new IllegalArgumentException("a lambda of " + target);
    }
  }

  private static void drop(CodeBuilder code, ClassDesc type) {
    switch (TypeKind.from(type).slotSize()) {
      case 1 -> code.pop();
      case 2 -> code.pop2();
      default -> {}
    }
  }

  // --- Conversions ---

  private static void convert(CodeBuilder code, ClassDesc from, ClassDesc to) {
    if (from.equals(to)) return;
    if (from.isPrimitive() && to.isPrimitive()) {
      code.conversion(TypeKind.from(from), TypeKind.from(to));
    } else if (from.isPrimitive()) {
      ClassDesc box = box(from);
      code.invokestatic(box, "valueOf", MethodTypeDesc.of(box, from));
    } else if (to.isPrimitive()) {
      unbox(code, from, to);
    } else if (!to.equals(CD_Object)) {
      code.checkcast(to);
    }
  }

  /// The value in a box, which is made wider where that is asked for; of what isn't known to be a
  /// box, the value that a number has of this type, whatever number it is.
  private static void unbox(CodeBuilder code, ClassDesc from, ClassDesc to) {
    ClassDesc value = to;
    ClassDesc owner = to.equals(CD_char) || to.equals(CD_boolean) ? box(to) : CD_Number;
    for (ClassDesc each : VALUES) {
      if (!box(each).equals(from)) continue;
      value = each;
      owner = from;
    }
    if (!owner.equals(from)) code.checkcast(owner);
    code.invokevirtual(owner, value.displayName() + "Value", MethodTypeDesc.of(value));
    convert(code, value, to);
  }

  private static ClassDesc box(ClassDesc value) {
    return switch (TypeKind.from(value)) {
      case BOOLEAN -> CD_Boolean;
      case BYTE -> CD_Byte;
      case CHAR -> CD_Character;
      case SHORT -> CD_Short;
      case INT -> CD_Integer;
      case LONG -> CD_Long;
      case FLOAT -> CD_Float;
      case DOUBLE -> CD_Double;
      default -> throw new IllegalArgumentException("no box for " + value);
    };
  }

  // --- The nest ---

  /// Tells the nest's host who its new members are: both sides must know of each other.
  private void adopt(ClassDesc host) throws IOException {
    byte[] known = results.get(file(host));
    ClassModel model = format.parse(known == null ? Files.readAllBytes(file(host)) : known);
    List<ClassDesc> members = new ArrayList<>();
    model
        .findAttribute(Attributes.nestMembers())
        .ifPresent(old -> old.nestMembers().forEach(each -> members.add(each.asSymbol())));
    members.addAll(newMembers.get(host));
    ClassTransform told =
        ClassTransform.dropping((ClassElement each) -> each instanceof NestMembersAttribute)
            .andThen(
                ClassTransform.endHandler(
                    builder -> builder.with(NestMembersAttribute.ofSymbols(members))));
    results.put(file(host), format.transformClass(model, told));
  }
}
